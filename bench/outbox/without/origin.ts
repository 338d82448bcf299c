/** Program: the origin with places, without events. */
import { runOrigin } from '../../../origin/src/program.ts'
import { application } from '../places.ts'

runOrigin(application({}))
