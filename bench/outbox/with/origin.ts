/** Program: the origin with places, with events. */
import { runOrigin } from '../../../origin/src/program.ts'
import { application } from '../places.ts'

runOrigin(application({ events: true }))
