// Makes a fresh clone ready and runs the demo, the tests or the bench. Imports only what every Node has; what needs a
// newer one is loaded once the version is known to be good.
import { nodeFault } from './node-version.mjs';

var fault = nodeFault(process.versions.node);
if (fault === undefined) {
  import('./setup-steps.mjs').then(function (steps) {
    return steps.main(process.argv.slice(2));
  });
} else {
  console.error(fault);
  process.exitCode = 2;
}
