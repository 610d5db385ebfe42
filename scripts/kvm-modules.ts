import { step } from '#step';
const { $, sources, output } = await step();
await $`find ${sources['linux']} | head; ls /usr/src/*; du -sh ${sources['linux']}; mkdir modules`;
await output('modules', 'modules');
