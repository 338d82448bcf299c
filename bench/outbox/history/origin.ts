import { signedIn } from '@spillway/origin/contract'
/** Program: the origin with places, with a history of names. */
import { runOrigin } from '../../../origin/src/program.ts'
import { application } from '../places.ts'

runOrigin(application({ history: { keep: '730d', read: signedIn } }))
