/** Program: `npm run check` runs every check that needs no test run, to the last one, and fails if one of them does. */
import { root } from '@spillway/origin/dev/folders'
import { deadLinks, linkableFiles } from './dead-links.ts'
import { unlinkedDecisions } from './decisions.ts'
import { folderCycles } from './folder-cycles.ts'
import { readFrom, sourceFiles, wrongImports } from './import-directions.ts'
import { runTool } from './run-tool.ts'

/** The parts with a tsconfig.json of their own. */
const parts = ['origin', 'edge', 'edge/dev', 'edge/test', 'infra', 'bench', 'bench/marketplace/edge']

const checks: Readonly<Record<string, () => Promise<boolean>>> = {
  'format, lint, import cycles': () => runTool('biome', ['check', '.']),
  types: async () => {
    const results: boolean[] = []
    for (const part of parts) results.push(await runTool('tsc', ['-p', part]))
    return results.every(Boolean)
  },
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
  'OpenAPI document': () => runTool('node', ['bench/api/lint-openapi.ts']),
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
for (const [name, check] of Object.entries(checks)) {
  console.error(`check: ${name} …`)
  if (!(await check())) failed.push(name)
}
if (failed.length > 0) {
  console.error(`check: failed: ${failed.join('; ')}`)
  process.exitCode = 1
}
