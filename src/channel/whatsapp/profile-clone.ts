import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, open, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';

interface Tree {
  /** Relative, parents before their children; the root is ''. */
  readonly directories: readonly string[];
  readonly files: readonly string[];
  readonly bytes: number;
}

/**
 * Caches that Chromium makes again. Only what holds no state is named, and only at the two levels where it stands: all of
 * IndexedDB, Local and Session Storage, Cookies and Service Worker (its scripts included) is copied.
 */
const CACHES = new Set([
  'Cache',
  'Code Cache',
  'GPUCache',
  'GPUPersistentCache',
  'DawnGraphiteCache',
  'DawnWebGPUCache',
  'GrShaderCache',
  'GraphiteDawnCache',
  'ShaderCache',
  'component_crx_cache',
  'BrowserMetrics',
  'Crash Reports',
]);
const CACHE_DEPTH = 2;
/** Left free for the ledger, which is on the same disk. */
const SPARE_BYTES = 100 * 1024 * 1024;

/**
 * Copies a closed profile to `target`, which must not exist: files and directories alone (Chromium's lock files are
 * links), for this user alone, without caches, on the disk when it resolves. Throws the file system's error, or one
 * that says there is too little room.
 */
export async function cloneProfile(source: string, target: string, signal?: AbortSignal): Promise<void> {
  const tree = await treeOf(source);
  await refuseFullDisk(dirname(target), tree.bytes);
  for (const directory of tree.directories) await mkdir(join(target, directory), { mode: 0o700 });
  for (const file of tree.files) {
    signal?.throwIfAborted();
    await cloneFile(join(source, file), join(target, file));
  }
  for (const directory of tree.directories) await sync(join(target, directory));
}

async function treeOf(root: string): Promise<Tree> {
  const directories = [''];
  const files: string[] = [];
  let bytes = 0;
  for (const directory of directories) {
    for (const entry of await readdir(join(root, directory), { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (isCache(path)) continue;
      if (entry.isDirectory()) directories.push(path);
      if (!entry.isFile()) continue;
      files.push(path);
      bytes += (await stat(join(root, path))).size;
    }
  }
  return { directories, files, bytes };
}

function isCache(path: string): boolean {
  const names = path.split('/');
  return names.length <= CACHE_DEPTH && CACHES.has(names.at(-1) ?? '');
}

async function refuseFullDisk(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize >= bytes + SPARE_BYTES) return;
  throw new Error(`it takes ${inMegabytes(bytes)}, and only ${inMegabytes(bavail * bsize)} are free`);
}

function inMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)} MB`;
}

async function cloneFile(source: string, target: string): Promise<void> {
  await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await chmod(target, 0o600);
  await sync(target);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
