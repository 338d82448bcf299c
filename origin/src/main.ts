/** Program: the origin with the application of this repository. */
import { application } from '@spillway/origin/application'
import { runOrigin } from './program.ts'

runOrigin(application)
