/** Program: `npm run bench [-- NAME] [--quick]` runs one bench, or all that are on the page, and makes the page. */
import { join } from 'node:path'
import { benches } from './benches.ts'

const width = Math.max(...Object.keys(benches).map((name) => name.length))
const list = Object.entries(benches).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`)
const usage = `Usage: npm run bench -- NAME [--quick]

${list.join('\n')}

Without a name: those on the page, one after the other, and the page (bench/report/index.html) of their results;
--only NAME takes some of them, --page makes the page of the results that are there.`

const [name, ...rest] = process.argv.slice(2)
if (name === undefined || (name.startsWith('-') && name !== '--help')) await import('./report/main.ts')
else if (name === '--help') console.log(usage)
else if (Object.hasOwn(benches, name)) await run(name)
else {
  console.error(`There is no bench '${name}'.\n\n${usage}`)
  process.exitCode = 2
}

/** In this process; the bench reads its own arguments, as it would if it were started by itself. */
async function run(known: string): Promise<void> {
  const file = join(import.meta.dirname, benches[known]?.program ?? '')
  process.argv.splice(1, process.argv.length, file, ...rest)
  await import(file)
}
