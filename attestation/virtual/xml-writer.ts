/** An element as it is written: attributes in order, namespace declarations among them; text or elements in it. */
export interface XmlElement {
  readonly name: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly (XmlElement | string)[]
}

export type XmlAttribute = readonly [name: string, value: string]

/** Prefix to namespace; '' for the default one. */
type Scope = ReadonlyMap<string, string>

export function element(
  name: string,
  attributes: readonly XmlAttribute[] = [],
  children: readonly (XmlElement | string)[] = []
): XmlElement {
  return { name, attributes, children }
}

/** As people and NVIDIA write it: attributes as they come, nothing between the tags of an empty element. */
export function writeXml({ name, attributes, children }: XmlElement): string {
  const tag = [name, ...attributes.map(([key, value]) => `${key}="${escapeAttribute(value)}"`)].join(' ')
  if (children.length === 0) return `<${tag}/>`
  return `<${tag}>${children.map((child) => (typeof child === 'string' ? escapeText(child) : writeXml(child))).join('')}</${name}>`
}

/**
 * Canonical XML 1.1 without comments: of a whole document, or of a part of one, whose ancestors' declarations are given as
 * `around` and are written on it.
 */
export function canonicalXml(root: XmlElement, around: readonly XmlAttribute[] = []): string {
  const outer = scopeOf(root, scopeOf(element('', around), new Map()))
  return canonicalElement(root, outer, [...outer])
}

/** `declared`: the namespaces that this element's tag names. */
function canonicalElement(node: XmlElement, scope: Scope, declared: readonly XmlAttribute[]): string {
  const namespaces = declared
    .toSorted(([a], [b]) => order(a, b))
    .map(([prefix, uri]): XmlAttribute => [prefix === '' ? 'xmlns' : `xmlns:${prefix}`, uri])
  const attributes = node.attributes
    .filter(([name]) => declaredPrefix(name) === undefined)
    .toSorted(([a], [b]) => order(expandedName(a, scope), expandedName(b, scope)))
  const tag = [...namespaces, ...attributes].map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`).join('')
  const children = node.children.map((child) => {
    if (typeof child === 'string') return escapeText(child)
    const inner = scopeOf(child, scope)
    return canonicalElement(
      child,
      inner,
      [...inner].filter(([prefix, uri]) => scope.get(prefix) !== uri)
    )
  })
  return `<${node.name}${tag}>${children.join('')}</${node.name}>`
}

function scopeOf({ attributes }: XmlElement, around: Scope): Scope {
  const scope = new Map(around)
  for (const [name, value] of attributes) {
    const prefix = declaredPrefix(name)
    if (prefix !== undefined) scope.set(prefix, value)
  }
  return scope
}

/** The prefix that an attribute declares; undefined where it declares none. */
function declaredPrefix(name: string): string | undefined {
  if (name === 'xmlns') return ''
  return name.startsWith('xmlns:') ? name.slice('xmlns:'.length) : undefined
}

/** Namespace, then local name: attributes without a prefix are in no namespace, and come first. */
function expandedName(name: string, scope: Scope): string {
  const [prefix = '', local] = name.split(':')
  return local === undefined ? ` ${prefix}` : `${scope.get(prefix) ?? ''} ${local}`
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
