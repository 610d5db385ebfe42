import { describeMilestone, describePattern, type Milestone } from './milestones.ts';

/** What is done to a guest between milestones. */
export type KeyAction =
  /** Types a text on a keyboard with the US layout. */
  | { readonly kind: 'type'; readonly text: string }
  /** Presses keys together, by QEMU's names (keyboard.ts). */
  | { readonly kind: 'press'; readonly keys: readonly string[] }
  /** Moves the highlight of a menu on the text screen by the arrow keys until it is on a row that matches. */
  | { readonly kind: 'pick'; readonly pattern: string | RegExp }
  /** Has the display written to NAME.png. */
  | { readonly kind: 'picture'; readonly name: string };

/** One step of a boot: something to be seen, or something to be done. */
export type BootStep = Milestone | KeyAction;

export function isKeyAction(step: BootStep): step is KeyAction {
  return 'kind' in step;
}

/** What a step waits for, as the subject of "… did not come". */
export function describeStep(step: BootStep): string {
  if (!isKeyAction(step)) return `milestone ${describeMilestone(step)}`;
  switch (step.kind) {
    case 'pick':
      return `a highlighted row with ${describePattern(step.pattern)} on the screen`;
    case 'type':
      return `the moment to type ${JSON.stringify(step.text)}`;
    case 'press':
      return `the moment to press ${step.keys.join('-')}`;
    case 'picture':
      return `the moment of the picture ${step.name}`;
  }
}
