#!/usr/bin/env node
// @ts-check
// The `cidermill` command: makes a checkout ready, then runs the built command line in this process.
import { keepCompiled } from './compile-cache.mjs';
import { closeInherited } from './descriptors.mjs';
import { setUp } from './setup.mjs';

closeInherited();
await setUp();
keepCompiled();
// @ts-ignore TS2307: built by setUp.
await import('../dist/cidermill.js');
