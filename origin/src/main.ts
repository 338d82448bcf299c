/** Program: the origin with the application of this repository. */
import { application } from '@spillway/origin/application'
import { server } from '@spillway/origin/application/server'
import { runOrigin } from './program.ts'

runOrigin(application, server)
