/** Program: the least server, which knows the documents that it changes. */
import { serveLeast } from './serve-least.ts'

await serveLeast({ knowsDocuments: true })
