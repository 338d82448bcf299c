/** Program: loads the origin's modules, and prints the error of the one that fails in as few lines as possible. */
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { applicationFiles } from './application-files.ts'
import { root } from './folders.ts'

try {
  await import('../src/app.ts')
  const files = applicationFiles(process.argv[2] ?? 'own')
  const load = (file: string) => import(pathToFileURL(join(root, file)).href)
  const { application } = await load(files.definition)
  const { server } = await load(files.server)
  const { matchImplementations } = await import('../src/action/match-implementations.ts')
  const { keyHandlers } = await import('../src/api-keys/handlers.ts')
  matchImplementations(application, server, keyHandlers)
} catch (error) {
  console.log(describe(error))
  process.exitCode = 1
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // The message of a definition error says everything that its author needs.
  if (error.name === 'DefinitionError' || error.name === 'ServerCodeError') return error.message
  const place = placeOf(error)
  return `${error.name}: ${error.message}${place === undefined ? '' : `\n  at ${place}`}`
}

/** The first line of the stack inside the checkout, without libraries and this program. */
function placeOf({ stack = '' }: Error): string | undefined {
  const places = [...stack.matchAll(/(file:\/\/\S+?\.ts)(:\d+(?::\d+)?)/g)]
    // The cast is safe: the first group of the pattern always matches.
    .map(([, url, position]) => `${relative(root, fileURLToPath(url as string))}${position}`)
    .filter(
      (place) =>
        !place.startsWith('..') && !place.startsWith('node_modules') && !place.startsWith('origin/dev/'),
    )
  return places[0]
}
