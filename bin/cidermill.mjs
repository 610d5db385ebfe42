#!/usr/bin/env node
// The `cidermill` command: makes a checkout ready, then runs the built command line in this process.
import { setUp } from './setup.mjs';

await setUp();
await import('../dist/cidermill.js');
