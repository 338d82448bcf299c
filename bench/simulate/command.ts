/** Program: `npm run simulate [-- search | validate]` runs the scenarios, looks for rules, or checks the simulator. */
import { join } from 'node:path'

const programs: Readonly<Record<string, string>> = {
  search: 'search-command.ts',
  validate: 'validate-command.ts',
}

const [first = '', ...rest] = process.argv.slice(2)
const program = programs[first]
if (program !== undefined || first === '' || first.startsWith('-')) {
  if (program !== undefined) process.argv.splice(2, process.argv.length, ...rest)
  await import(join(import.meta.dirname, program ?? 'main.ts'))
} else {
  console.error(`There is no '${first}' to simulate: ${Object.keys(programs).join(', ')}, or nothing.`)
  process.exitCode = 2
}
