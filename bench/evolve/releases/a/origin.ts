/** Program: the origin with release A. */
import { runOrigin } from '../../../../origin/src/program.ts'
import { application } from './application.ts'

runOrigin(application)
