/** Program: `npm run check` runs every check that needs no test run, to the last one, and fails if one of them does. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { root } from '@spillway/origin/dev/folders'
import { unexplainedCasts } from './casts.ts'
import { deadLinks, linkableFiles } from './dead-links.ts'
import { unlinkedDecisions } from './decisions.ts'
import { folderCycles } from './folder-cycles.ts'
import { readFrom, sourceFiles, wrongImports } from './import-directions.ts'
import { longFiles } from './long-files.ts'
import { moduleState } from './module-state.ts'
import { runTool } from './run-tool.ts'

/**
 * The parts with a tsconfig.json of their own, the largest first. That of `bench` has infra's files, too: both have the
 * same options, and together take two thirds of the CPU time, since most of what they import is the same.
 */
const parts = ['bench', 'origin', 'edge/test', 'edge', 'edge/dev', 'bench/marketplace/edge']

/**
 * Checks again only what has changed since the last run, by the hashes in a file that tsc keeps: a sixth of the time.
 */
function checkTypes(part: string): Promise<boolean> {
  const kept = join(root, 'node_modules/.cache/tsc', `${part.replaceAll('/', '-')}.tsbuildinfo`)
  return runTool('tsc', ['-p', part, '--checkers', '1', '--incremental', '--tsBuildInfoFile', kept])
}

/** The longest first. */
const checks: Readonly<Record<string, () => Promise<boolean>>> = {
  'format, lint, import cycles': () => runTool('biome', ['check', '.']),
  // Each further checker of a part repeats the work on the types that the others need too: four take two and a half
  // times the CPU time of one, and the parts themselves are enough to use all cores.
  ...Object.fromEntries(parts.map((part) => [`types of ${part}`, () => checkTypes(part)])),
  'import directions': async () => {
    const wrong = wrongImports(sourceFiles(root), readFrom(root))
    for (const line of wrong)
      console.error(`${line}: imports point one way, origin <- edge <- infra <- bench`)
    return wrong.length === 0
  },
  'folder cycles': async () => {
    const cycles = folderCycles(sourceFiles(root), readFrom(root))
    for (const line of cycles) console.error(`${line}: a folder must not import one that imports it`)
    return cycles.length === 0
  },
  casts: async () => {
    const unexplained = unexplainedCasts(sourceFiles(root), readFrom(root))
    for (const line of unexplained)
      console.error(`${line}: a comment with the word "cast" must say why it holds`)
    return unexplained.length === 0
  },
  'module state': async () => {
    const changing = moduleState(sourceFiles(root), readFrom(root))
    for (const line of changing) console.error(`${line}: pass state in, since two instances would share it`)
    return changing.length === 0
  },
  'long files': async () => {
    const long = longFiles(sourceFiles(root), readFrom(root))
    for (const line of long) console.error(`${line}: split it by idea, at 400 at the latest`)
    return long.length === 0
  },
  'OpenAPI document': () => runTool('node', ['bench/api/lint-openapi.ts']),
  // Also the second application, which shows that the check needs nothing of the first.
  'contract of the last release': async () => {
    const own = await runTool('node', ['origin/scripts/contract-diff.ts', '--quiet'])
    const other = ['--application', 'bench/marketplace', '--quiet']
    return (await runTool('node', ['origin/scripts/contract-diff.ts', ...other])) && own
  },
  'decision records': async () => {
    const unlinked = await unlinkedDecisions(root)
    for (const file of unlinked) console.error(`README.md does not link ${file}`)
    return unlinked.length === 0
  },
  'links in documents': async () => {
    const dead = deadLinks(linkableFiles(root), readFrom(root))
    for (const line of dead) console.error(line)
    return dead.length === 0
  },
}

const failed: string[] = []
const waiting = Object.entries(checks)[Symbol.iterator]()
/** Takes one check after the other. */
async function runChecks(): Promise<void> {
  for (const [name, check] of waiting) {
    console.error(`check: ${name} …`)
    if (!(await check())) failed.push(name)
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, runChecks))
if (failed.length > 0) {
  console.error(`check: failed: ${failed.join('; ')}`)
  process.exitCode = 1
}
