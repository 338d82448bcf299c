/** Program: `npm run bench [-- NAME] [--quick]` runs one bench, or all that are on the page, and makes the page. */
import { join } from 'node:path'
import { type Bench, benches } from './benches.ts'

const width = Math.max(...Object.keys(benches).map((name) => name.length))
const list = Object.entries(benches).map(
  ([name, { about, application }]) => `${application === true ? '+' : ' '} ${name.padEnd(width)}  ${about}`,
)
const usage = `Usage: npm run bench -- NAME [--quick] [--application FOLDER]

${list.join('\n')}

+ takes --application FOLDER: another application than the repository's own, e.g. bench/marketplace.
story takes --only DESIGN as well, e.g. --only spillway.
Without a name: those on the page, one after the other, and the page (bench/report/index.html) of their results;
--only NAME takes some of them, --page makes the page of the results that are there.`

const [name, ...rest] = process.argv.slice(2)
const bench = name !== undefined && Object.hasOwn(benches, name) ? benches[name] : undefined
try {
  if (name === undefined || (name.startsWith('-') && name !== '--help')) await import('./report/main.ts')
  else if (name === '--help') console.log(usage)
  else if (bench === undefined) refuse(`There is no bench '${name}'.\n\n${usage}`)
  else if (bench.application !== true && rest.some((option) => /^--application(=|$)/.test(option)))
    refuse(`bench '${name}' takes no --application: ${bench.application}`)
  else await run(bench)
} catch (error) {
  if (!isMistake(error)) throw error
  refuse(error.message)
}

function refuse(reason: string): void {
  console.error(reason)
  process.exitCode = 2
}

/** Whether a parser of arguments, Node's or this folder's, threw the error: then its message is enough. */
function isMistake(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  return (
    error.message.startsWith('--') || ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
  )
}

/** Runs the bench in this process. It finds its own arguments in `process.argv`, as if it had been started alone. */
async function run({ program }: Bench): Promise<void> {
  const file = join(import.meta.dirname, program)
  process.argv.splice(1, process.argv.length, file, ...rest)
  await import(file)
}
