// Assembles what wardpulse-web serves: node build.mjs OUTDIR
//
// OUTDIR/index.html, OUTDIR/assets/** and beside each text file its gzip variant. OUTDIR is replaced in one step, so
// that a server that runs meanwhile never sees half of it.
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const kSource = path.dirname(fileURLToPath(import.meta.url));
const kCompressed = new Set(['.html', '.css', '.mjs', '.js', '.svg', '.json', '.txt']);
const kEcharts = path.join(kSource, 'node_modules', 'echarts');
// [file of the package, name under assets/]
const kEchartsFiles = [
  ['dist/echarts.esm.min.mjs', 'vendor/echarts.esm.min.mjs'],
  ['LICENSE', 'vendor/echarts-license.txt'],
  ['NOTICE', 'vendor/echarts-notice.txt'],
];

async function filesBelow(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.map((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(file) : [file];
  });
  return (await Promise.all(files)).flat();
}

async function assemble(folder) {
  const assets = path.join(folder, 'assets');
  await cp(path.join(kSource, 'index.html'), path.join(folder, 'index.html'));
  await cp(path.join(kSource, 'assets'), assets, { recursive: true });
  await mkdir(path.join(assets, 'vendor'), { recursive: true });
  for (const [from, to] of kEchartsFiles) await cp(path.join(kEcharts, from), path.join(assets, to));
  for (const file of await filesBelow(folder)) {
    if (kCompressed.has(path.extname(file)))
      await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level: 9 }));
  }
}

async function build(out) {
  const fresh = `${out}.new-${process.pid}`;
  await mkdir(fresh, { recursive: true });
  try {
    await assemble(fresh);
    await rm(out, { recursive: true, force: true });
    await rename(fresh, out);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

const [out, ...rest] = process.argv.slice(2);
if (!out || rest.length > 0) {
  console.error('usage: node build.mjs OUTDIR');
  process.exit(2);
}
try {
  await build(path.resolve(out));
} catch (error) {
  const isMissing = error.code === 'ENOENT' && error.path?.startsWith(kEcharts);
  console.error(isMissing ? `ECharts is missing: run "npm ci" in ${kSource}` : error);
  process.exit(1);
}
