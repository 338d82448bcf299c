/** Program: the origin with release B. */
import { runOrigin } from '../../../../origin/src/program.ts'
import { application } from './application.ts'

runOrigin(application)
