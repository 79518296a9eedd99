/** Below these the service sees nothing (ProtectHome=), or something of its own (PrivateTmp=). */
const HIDDEN = ['/home', '/root', '/run/user', '/tmp', '/var/tmp'];

export function hiddenFromService(path: string): boolean {
  return HIDDEN.some((directory) => isBelow(path, directory));
}

/** Or the same. */
export function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** Head of the drop-ins that are made here. */
export const MADE_BY = '# Made by rc-notify service install; the next one makes it anew.\n';

/** One word of a unit file, to the letter: systemd.syntax(7), "Quoting"; systemd.unit(5), "Specifiers". */
export function unitWord(text: string): string {
  const literal = text.replaceAll('%', '%%');
  return /^[\w./:=@,+%-]+$/.test(literal) ? literal : `"${literal.replace(/["\\]/g, '\\$&')}"`;
}
