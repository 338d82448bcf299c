import { defineServer } from '@spillway/origin/server'

export const server = defineServer()
