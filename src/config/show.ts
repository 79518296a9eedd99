import { basename } from 'node:path';
import { Document, isMap, isScalar, isSeq } from 'yaml';
import { formatKeyPath, type KeyPath } from './key-path.ts';
import type { LoadedConfig, Origin } from './load.ts';
import type { Settings } from './schema.ts';

/** The effective configuration as YAML, the origin of each value beside it, secrets masked. */
export function renderSettings({ settings, origins, file }: LoadedConfig): string {
  const document = new Document(maskSecrets(settings));
  const annotate = (node: unknown, path: KeyPath): void => {
    if (isMap(node) && node.items.length > 0) {
      for (const { key, value } of node.items)
        annotate(value, [...path, isScalar(key) ? String(key.value) : '']);
    } else if (isMap(node) || isSeq(node) || isScalar(node)) {
      if (!isScalar(node)) node.flow = true;
      const origin = origins[formatKeyPath(path)];
      if (origin !== undefined) node.comment = ` ${describeOrigin(origin, basename(file))}`;
    }
  };
  annotate(document.contents, []);
  return document.toString({ lineWidth: 0 });
}

/** The address of a monitor is the permission to write to it. */
export function maskSecrets(settings: Settings): Settings {
  const { url } = settings.heartbeat;
  return url === null ? settings : { ...settings, heartbeat: { url: `${new URL(url).origin}/***` } };
}

function describeOrigin(origin: Origin, file: string): string {
  switch (origin.from) {
    case 'default':
      return 'default';
    case 'file':
      return `${file} line ${origin.line}`;
    case 'environment':
      return `environment ${origin.variable}`;
  }
}
