/** What a resource file is written in: the words of the contract, and nothing that runs it. */
export { all, anyone, owner, scope, signedIn } from './access.ts'
export { asStored, representation, resource } from './resource.ts'
