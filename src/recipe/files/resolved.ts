import type { Place } from '../../base/index.ts';
import type { ParameterValue } from '../../step/protocol.ts';
import type { Binding } from '../model.ts';
import type { Located } from '../../yaml/located.ts';
import type { ParameterType } from './parameter/value.ts';
import type { Reference } from '../../yaml/template.ts';

/** What a reference stands for. A parameter of type file is a binding. */
export type Resolved =
  | { readonly kind: 'value'; readonly type: ParameterType; readonly value: Located<ParameterValue> }
  | { readonly kind: 'binding'; readonly value: Located<Binding> };

/** What the references of a pipeline stand for. */
export interface Scope {
  /** Undefined when what it stands for is faulty; that has been reported. */
  resolve(reference: Reference, place: Place): Resolved | undefined;
  parameter(name: string): Resolved | undefined;
  /** The same, for what can only be an output of a step. */
  output(reference: Reference, place: Place): Located<Binding & { kind: 'output' }> | undefined;
}
