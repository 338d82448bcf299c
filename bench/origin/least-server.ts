/** Program: the least server, which reads a document before it changes it. */
import { serveLeast } from './serve-least.ts'

await serveLeast({ knowsDocuments: false })
