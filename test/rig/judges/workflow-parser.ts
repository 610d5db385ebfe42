// Bundled by the tests: on Node by itself it does not load, since it imports JSON without saying so.
export { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
