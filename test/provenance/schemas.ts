import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';

/**
 * JSON schemas of statements, written from the specifications since neither publishes one as JSON: in-toto/attestation
 * spec/v1 (statement.md, resource_descriptor.md, digest_set.md, field_types.md), spec/predicates/test-result.md v0.1, and
 * SLSA 1.2 "Build: Provenance" and "Verification Summary Attestation". Fields that they do not name are refused: producers
 * may add none but URIs. Ajv judges by them.
 */
const text = { type: 'string', minLength: 1 } as const;
/** field_types.md, ResourceURI and TypeURI: RFC 3986, with a scheme. */
const uri = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9+.-]*:.+$' } as const;
/** field_types.md, Timestamp: RFC 3339 in UTC. */
const timestamp = { type: 'string', format: 'date-time', pattern: 'Z$' } as const;
/** digest_set.md: lower-case hexadecimal. */
const digestSet = {
  type: 'object',
  minProperties: 1,
  additionalProperties: { type: 'string', pattern: '^[0-9a-f]+$' },
  properties: {
    sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    gitCommit: { type: 'string', pattern: '^[0-9a-f]{40}([0-9a-f]{24})?$' },
  },
} as const;
/** resource_descriptor.md: at least one of uri, digest and content. */
const descriptor = {
  type: 'object',
  additionalProperties: false,
  properties: {
    name: text,
    uri,
    digest: digestSet,
    content: { type: 'string', contentEncoding: 'base64' },
    downloadLocation: uri,
    mediaType: text,
    annotations: { type: 'object' },
  },
  anyOf: [{ required: ['uri'] }, { required: ['digest'] }, { required: ['content'] }],
} as const;
const descriptors = { type: 'array', items: descriptor } as const;
const words = { type: 'object', additionalProperties: { type: 'string' } } as const;

function object(required: Readonly<Record<string, object>>, optional: Readonly<Record<string, object>> = {}) {
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(required),
    properties: { ...required, ...optional },
  };
}

/** statement.md: subjects are immutable and must have a digest; their names must be different where there are several. */
function statement(predicateType: string, predicate: object): object {
  return object({
    _type: { const: 'https://in-toto.io/Statement/v1' },
    subject: {
      type: 'array',
      minItems: 1,
      items: { ...descriptor, required: ['digest', 'name'] },
    },
    predicateType: { const: predicateType },
    predicate,
  });
}

const provenance = statement(
  'https://slsa.dev/provenance/v1',
  object({
    buildDefinition: object(
      { buildType: uri, externalParameters: { type: 'object', minProperties: 1 } },
      { internalParameters: { type: 'object' }, resolvedDependencies: descriptors },
    ),
    runDetails: object(
      { builder: object({ id: uri }, { version: words, builderDependencies: descriptors }) },
      {
        metadata: object({}, { invocationId: text, startedOn: timestamp, finishedOn: timestamp }),
        byproducts: descriptors,
      },
    ),
  }),
);

const tests = { type: 'array', items: text } as const;
const testResult = statement(
  'https://in-toto.io/attestation/test-result/v0.1',
  object(
    { result: { enum: ['PASSED', 'WARNED', 'FAILED'] }, configuration: descriptors },
    { url: uri, passedTests: tests, warnedTests: tests, failedTests: tests },
  ),
);

/** "SlsaResult": a level of a track, one left unevaluated, FAILED, or a word of one's own that does not begin with SLSA_. */
const slsaResult = {
  type: 'string',
  pattern: '^(SLSA_[A-Z]+_LEVEL_([0-9]|UNEVALUATED)|(?!SLSA_).+)$',
} as const;
const summary = statement(
  'https://slsa.dev/verification_summary/v1',
  object(
    {
      verifier: object({ id: uri }, { version: words }),
      resourceUri: uri,
      policy: { ...descriptor, required: ['uri'] },
      verificationResult: { enum: ['PASSED', 'FAILED'] },
      verifiedLevels: { type: 'array', minItems: 1, uniqueItems: true, items: slsaResult },
    },
    {
      timeVerified: timestamp,
      inputAttestations: { type: 'array', items: { ...descriptor, required: ['digest'] } },
      dependencyLevels: { type: 'object', additionalProperties: { type: 'integer', minimum: 0 } },
      slsaVersion: { type: 'string', pattern: '^[0-9]+[.][0-9]+$' },
    },
  ),
);

const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormatsModule.default(ajv);
const validators: Readonly<Record<string, ValidateFunction>> = {
  'https://slsa.dev/provenance/v1': ajv.compile(provenance),
  'https://in-toto.io/attestation/test-result/v0.1': ajv.compile(testResult),
  'https://slsa.dev/verification_summary/v1': ajv.compile(summary),
};

/** What is wrong with a statement by the schema of its own predicate; [] when nothing is. */
export function statementFaults(written: unknown): string[] {
  const { predicateType = '', subject = [] } = written as {
    predicateType?: string;
    subject?: readonly { readonly name: string }[];
  };
  const validate = validators[predicateType];
  if (validate === undefined) return [`no schema for the predicate type ${predicateType}`];
  const names = new Set(subject.map(({ name }) => name));
  const twice = names.size === subject.length ? [] : ['two subjects have one name'];
  if (validate(written)) return twice;
  return [
    ...twice,
    ...(validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    ),
  ];
}
