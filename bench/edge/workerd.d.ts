/** The package has no types: it exports, in CommonJS' way, where its program lies. */
declare module 'workerd' {
  const exported: { readonly default: string }
  export default exported
}
