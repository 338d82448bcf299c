import { defineServer } from '@spillway/origin/server'
import { adjust } from './adjust-population.ts'

/** Handlers of the application's actions. Only the origin runs them: the Worker's bundle does not contain them. */
export const server = defineServer(adjust)
