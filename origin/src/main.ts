/** Entry point: the origin with this repository's application. */
import { application } from '@spillway/origin/application'
import { server } from '@spillway/origin/application/server'
import { runOrigin } from './program.ts'

runOrigin(application, server)
