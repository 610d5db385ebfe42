import { chromium } from 'playwright-core';

/**
 * Takes a picture of a report's head and its timeline; the tables of what was made, between them, are left out.
 * @param browser the path of Chromium
 * @param page absolute: the report
 * @param file absolute: the PNG that is written
 */
export async function takeReport(browser: string, page: string, file: string): Promise<void> {
  // Chromium's own sandbox does not run as root; what it opens is ours.
  const started = await chromium.launch({ executablePath: browser, args: ['--no-sandbox'] });
  try {
    const tab = await started.newPage({ viewport: { width: 1200, height: 780 }, colorScheme: 'light' });
    await tab.goto(`file://${page}`);
    await tab.addStyleTag({ content: '.left-out { display: none !important; }' });
    await tab.evaluate(leaveOut);
    await tab.screenshot({ path: file });
  } finally {
    await started.close();
  }
}

/** In the page: hides what lies between its facts and the heading "When". */
const leaveOut = `
  let hide = false;
  for (const each of document.querySelector('main').children) {
    if (each.matches('h2')) hide = each.textContent !== 'When' && !document.querySelector('.seen-when');
    if (each.matches('h2') && each.textContent === 'When') each.classList.add('seen-when');
    if (hide) each.classList.add('left-out');
  }
`;
