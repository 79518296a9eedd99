/** What an operator calls the database: the connect string, of a full descriptor only host and service. */
export function describeAddress(connectString: string): string {
  const text = connectString.replace(/\s+/g, ' ').trim();
  if (!text.startsWith('(')) return `Oracle ${text}`;
  const part = (name: string) => new RegExp(`\\(\\s*${name}\\s*=\\s*([^()]+?)\\s*\\)`, 'i').exec(text)?.[1];
  const port = part('PORT');
  const service = part('SERVICE_NAME') ?? part('SID');
  const host = part('HOST') ?? 'by a descriptor';
  return `Oracle ${host}${port === undefined ? '' : `:${port}`}${service === undefined ? '' : `/${service}`}`;
}
