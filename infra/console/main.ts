/** Program: `npm run console` serves a page on this machine that shows every tier of what `npm start` runs. */
import { once } from 'node:events'
import { developmentPorts } from '@spillway/edge/dev/development'
import { ports } from '@spillway/origin/contract'
import { localPlaces } from '../why/local-places.ts'
import { observeState } from './observe-state.ts'
import { startConsole } from './server.ts'
import { shared } from './shared.ts'

/** Time for which all viewers share one observation, in ms: a scrape costs the origin some ms. */
const maxAgeMs = 1_000

const port = Number(process.env.CONSOLE_PORT || ports.console)
if (process.argv.length > 2 || !Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error('npm run console              a page that shows every tier of what npm start runs')
  console.error(`CONSOLE_PORT=PORT            another port than ${ports.console}`)
  process.exit(2)
}
const places = localPlaces(developmentPorts(process.env))
try {
  const served = await startConsole({
    port,
    state: shared(
      () => observeState(places),
      maxAgeMs,
      () => performance.now(),
    ),
  })
  console.log(`The console is at ${served.url}. Ctrl-C stops it.`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await served.stop()
} catch (error) {
  // The cast is safe: listening fails with an error of the system.
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
  console.error(`Port ${port} is in use: stop what listens on it, or set CONSOLE_PORT to a free one.`)
  process.exitCode = 1
}
