/** Program: the origin with the marketplace. */
import { runOrigin } from '../../origin/src/program.ts'
import { application } from './application/index.ts'
import { server } from './application/server/index.ts'

runOrigin(application, server)
