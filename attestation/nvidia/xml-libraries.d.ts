/**
 * The little of @xmldom/xmldom and xml-crypto that `rim.ts` uses. Their own declarations bring in those of the browser, which
 * would be in scope in every file of the project.
 */

export interface XmlList<T> {
  readonly length: number
  item(index: number): T | null
}

export interface XmlNode {
  readonly nodeType: number
  readonly nodeValue: string | null
  readonly textContent: string | null
  readonly parentNode: XmlNode | null
  readonly childNodes: XmlList<XmlNode>
  removeChild(child: XmlNode): XmlNode
}

export interface XmlAttribute {
  readonly name: string
  readonly localName: string
  readonly namespaceURI: string | null
  readonly value: string
}

export interface XmlElement extends XmlNode {
  readonly tagName: string
  readonly localName: string
  readonly namespaceURI: string | null
  readonly attributes: XmlList<XmlAttribute>
  hasAttribute(name: string): boolean
  getAttribute(name: string): string | null
  getElementsByTagName(name: string): XmlList<XmlElement>
}

export interface NamespacePrefix {
  readonly prefix: string
  readonly namespaceURI: string
}

/** Of @xmldom/xmldom. */
export class DOMParser {
  constructor(options: { readonly errorHandler: (level: string, message: unknown) => void })
  parseFromString(source: string, mimeType: string): { readonly documentElement: XmlElement | null }
}

/** Of xml-crypto. */
export class C14nCanonicalization {
  process(node: XmlNode, options: { readonly ancestorNamespaces: readonly NamespacePrefix[] }): string
}
