// Runs `npm test` under other versions of Node, each in a copy of this checkout: `npm run test:nodes [-- 22 24]`.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { root, runScript } from './setup.mjs';

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24'];

await runScript(async () => {
  const summaries = [];
  for (const version of versions) summaries.push(await testUnder(version));
  console.log(`\n${summaries.map(({ text }) => text).join('\n')}`);
  return summaries.every(({ passed }) => passed) ? 0 : 1;
});

async function testUnder(version) {
  const directory = mkdtempSync(join(tmpdir(), `rc-notify-node-${version}-`));
  // Tests run the command as other users too.
  chmodSync(directory, 0o755);
  const started = performance.now();
  try {
    const node = installNode(version, join(directory, 'node'));
    if (node === null) return { passed: false, text: `Node ${version}: could not be installed` };
    const checkout = join(directory, 'checkout');
    copyCheckout(checkout);
    console.log(`\n=== Node ${node.version}\n`);
    const { code, lastLine } = await npmTest(checkout, node);
    const seconds = Math.round((performance.now() - started) / 1000);
    return {
      passed: code === 0,
      text: `Node ${node.version}: ${lastLine} (exit code ${code}, ${seconds} s)`,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The package that `node` on npm installs for this platform: the binary, and the headers that addons compile against. */
function installNode(version, prefix) {
  const name = `node-linux-${process.arch}`;
  mkdirSync(prefix);
  const npm = spawnSync(
    'npm',
    ['install', '--prefix', prefix, '--no-audit', '--no-fund', `${name}@${version}`],
    {
      cwd: prefix,
      env: outsideEnvironment(),
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const home = join(prefix, 'node_modules', name);
  const binary = join(home, 'bin', 'node');
  if (npm.status !== 0 || !existsSync(binary)) return null;
  const found = spawnSync(binary, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim();
  return { home, binary, version: found };
}

function copyCheckout(target) {
  const git = (args, cwd) => spawnSync('git', args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const { stdout } = git(['ls-files', '--cached', '--others', '--exclude-standard', '-z'], root);
  for (const path of stdout.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))) {
    cpSync(join(root, path), join(target, path), { recursive: true });
  }
}

function npmTest(checkout, { home, binary }) {
  const env = outsideEnvironment();
  env.PATH = [dirname(binary), env.PATH].join(delimiter);
  if (existsSync(join(home, 'include', 'node', 'node.h'))) env.npm_config_nodedir = home;
  const child = spawn('npm', ['test'], { cwd: checkout, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk);
    output = `${output}${chunk}`.slice(-1000);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, lastLine: output.trimEnd().split('\n').at(-1) }));
  });
}

/** The environment without what `npm run` put into it, which would lead the copy back to this checkout. */
function outsideEnvironment() {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_)|INIT_CWD$|NODE$)/.test(name)),
  );
  env.PATH = env.PATH.split(delimiter)
    .filter((path) => !/node_modules\/\.bin|node-gyp-bin/.test(path))
    .join(delimiter);
  return env;
}
