// Plain syntax without imports: an old Node must get as far as the message.

/** Undefined when this Node will do, else what to tell the user. */
export function nodeFault(version) {
  var parts = version.split('.');
  var major = Number(parts[0]);
  var minor = Number(parts[1]);
  if (major > 20 || (major === 20 && minor >= 19)) return undefined;
  return (
    'artemis-netmap needs Node 20.19 or later, and this is Node ' +
    version +
    '. Get it from https://nodejs.org/ or with your package manager, for example: nvm install 22'
  );
}
