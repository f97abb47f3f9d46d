#!/usr/bin/env node
// Plain syntax, nothing imported that an old Node lacks: it must get as far as the message.
import { nodeFault } from './node-version.mjs';

var fault = nodeFault(process.versions.node);
if (fault === undefined) {
  start();
} else {
  console.error(fault);
  process.exitCode = 2;
}

function start() {
  // The reader of a pipe may go away at any time (netmap status | head): nobody is left to tell.
  process.stdout.on('error', leaveOnBrokenPipe);
  process.stderr.on('error', leaveOnBrokenPipe);
  import('../../dist/cli/main.js').then(
    function (main) {
      return main.runCli(process.argv.slice(2)).then(exitWhenWritten);
    },
    function (error) {
      if (error.code === 'ERR_MODULE_NOT_FOUND' && /dist.cli.main\.js/.test(error.message)) {
        console.error('artemis-netmap is not built yet. Run: npm ci && npm run build');
      } else {
        console.error(error);
      }
      process.exitCode = 2;
    },
  );
}

function leaveOnBrokenPipe(error) {
  if (error.code !== 'EPIPE') throw error;
  process.exit(1);
}

// Exits even when a library has left a handle open, but not before all output is out.
function exitWhenWritten(code) {
  process.stdout.write('', function () {
    process.stderr.write('', function () {
      process.exit(code);
    });
  });
}
