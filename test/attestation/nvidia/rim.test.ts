import { describe, expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8 } from '../../../attestation/encoding.ts'
import { NVIDIA_RIM_ROOT } from '../../../attestation/nvidia/anchors.ts'
import { parseSignedRim } from '../../../attestation/nvidia/rim.ts'
import { authenticateRim, checkRimInDate } from '../../../attestation/nvidia/rim-verify.ts'
import { createVirtualDevice } from '../../../attestation/virtual/device.ts'
import { createVirtualDeviceEndorsements } from '../../../attestation/virtual/device-endorsements.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { HAS_VECTORS, readNvidia, readRim, WHERE } from './vectors.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const [rim] = createVirtualDeviceEndorsements(root, [createVirtualDevice(root, { arch: 'HOPPER' }, NOW)], {}, NOW).rims
const document = decodeUtf8(rim?.xml ?? new Uint8Array())
const signature = /<ds:Signature .*<\/ds:Signature>/s.exec(document)?.[0] ?? ''

function authenticate(text: string) {
  return authenticateRim(encodeUtf8(text), [root.rimRoot.certificate])
}

function put(find: string | RegExp, replacement: string): string {
  const changed = document.replace(find, () => replacement)
  if (changed === document) throw new TypeError(`nothing like ${find} in the manifest`)
  return changed
}

describe('a manifest', () => {
  test('is authentic as it was signed, and says what it is of', () => {
    const { product, version, measurements, chain } = authenticate(document)
    expect([product, version.length > 0, measurements.size > 0, chain.length]).toEqual(['GH100', true, true, 4])
  })

  test('is the same behind an XML declaration', () => {
    const declared = `<?xml version="1.0" encoding="UTF-8"?>\n${document}`
    expect(authenticate(declared).measurements).toEqual(authenticate(document).measurements)
  })

  test('is in date for as long as all of its certificates are', () => {
    expect(() => checkRimInDate(authenticate(document), NOW)).not.toThrow()
    for (const when of ['1999-01-01', '2090-01-01']) {
      expect(() => checkRimInDate(authenticate(document), new Date(when))).toThrow(
        expect.objectContaining({ code: 'RIM_EXPIRED' })
      )
    }
  })

  test.each([
    ['a second signature', put('</SoftwareIdentity>', `${signature}</SoftwareIdentity>`)],
    ['a second signature in another namespace', put('<ds:Signature ', '<Signature/><ds:Signature ')],
    ['no signature', put(signature, '')],
    ['its signature moved', put(signature, '').replace('</ns0:Payload>', `${signature}</ns0:Payload>`)],
    [
      'its signature around what it signs',
      `${signature.replace('</ds:Signature>', `<ds:Object>${document.replace(signature, '')}</ds:Object></ds:Signature>`)}`
    ],
    ['a reference elsewhere', put('URI=""', 'URI="#payload"')],
    ['a reference without URI', put(' URI=""', '')],
    ['a reference with an id', put('URI=""', 'URI="" Id="r"')],
    ['two references', put(/<ds:Reference .*<\/ds:Reference>/s, referenceOf(2))],
    ['no reference', put(/<ds:Reference .*<\/ds:Reference>/s, '')],
    ['another transform', put('xmldsig#enveloped-signature', 'xmldsig#base64')],
    [
      'an XSLT transform',
      put('http://www.w3.org/2000/09/xmldsig#enveloped-signature', 'http://www.w3.org/TR/1999/REC-xslt-19991116')
    ],
    ['no transform', put(/<ds:Transforms>.*<\/ds:Transforms>/s, '<ds:Transforms></ds:Transforms>')],
    ['exclusive canonical form', put('2006/12/xml-c14n11', '2001/10/xml-exc-c14n#')],
    ['another signature algorithm', put('ecdsa-sha384', 'hmac-sha384')],
    ['another digest', put('xmldsig-more#sha384', 'xmldsig#sha1')],
    ['something after its key info', put('</ds:KeyInfo>', '</ds:KeyInfo><ds:Object/>')],
    ['a key beside its certificates', put('<ds:X509Data>', '<ds:KeyName>x</ds:KeyName><ds:X509Data>')],
    ['a DOCTYPE', `<!DOCTYPE SoftwareIdentity>${document}`],
    ['an entity', `<!DOCTYPE s [<!ENTITY e "True">]>${document.replace('"True"', '"&e;"')}`],
    ['a comment', put('</ns0:Payload>', '<!-- x --></ns0:Payload>')],
    ['a CDATA section', put('</ns0:Payload>', '<![CDATA[x]]></ns0:Payload>')],
    ['a processing instruction', put('</ns0:Payload>', '<?x y?></ns0:Payload>')],
    ['an inherited attribute of the prefix xml', put('<SoftwareIdentity ', '<SoftwareIdentity xml:lang="en" ')],
    ['a tag left open', put('</ns0:Payload>', '')],
    ['an attribute twice', put('index="0"', 'index="0" index="1"')],
    ['elements without end', put('</ns0:Payload>', `${'<a>'.repeat(9000)}${'</a>'.repeat(9000)}</ns0:Payload>`)],
    ['attributes without end', put('<ns0:Meta ', `<ns0:Meta ${attributes('a', 9000)} `)],
    ['namespaces without end', put('<ns0:Meta ', `<ns0:Meta ${attributes('xmlns:a', 500)} `)],
    ['text that is no XML', 'not a manifest'],
    ['nothing', '']
  ])('is refused with %s', (_, text) => {
    expect(() => authenticate(text)).toThrow(expect.objectContaining({ code: 'RIM_MALFORMED' }))
  })

  test('is refused when it is huge, before it is read', () => {
    const huge = encodeUtf8(`${document}${' '.repeat(1 << 18)}`)
    expect(() => parseSignedRim(huge)).toThrow(expect.objectContaining({ code: 'RIM_MALFORMED' }))
  })

  test.each([
    ['a value', put(/Hash0="[0-9a-f]{2}/, 'Hash0="ff')],
    ['what is active', put('active="True"', 'active="False"')],
    ['the product', put('product="GH100"', 'product="GB100"')],
    ['the version', put('colloquialVersion="', 'colloquialVersion="9')],
    ['an element more', put('</ns0:Payload>', '<ns0:Resource/></ns0:Payload>')],
    ['a space in the payload', put('</ns0:Payload>', ' </ns0:Payload>')],
    ['the digest that was signed', put(/<ds:DigestValue>../, '<ds:DigestValue>AA')],
    ['the signature', put(/<ds:SignatureValue>../, '<ds:SignatureValue>AA')]
  ])('is refused with another %s than was signed', (_, text) => {
    expect(() => authenticate(text)).toThrow(expect.objectContaining({ code: 'RIM_SIGNATURE_INVALID' }))
  })

  test('is refused under another root, under none, and with its chain out of order', () => {
    const code = expect.objectContaining({ code: 'RIM_CHAIN_INVALID' })
    expect(() => authenticateRim(encodeUtf8(document), [NVIDIA_RIM_ROOT])).toThrow(code)
    expect(() => authenticateRim(encodeUtf8(document), [])).toThrow(code)
    const certificates = document.match(/<ds:X509Certificate>.*?<\/ds:X509Certificate>/gs) ?? []
    expect(certificates).toHaveLength(4)
    const reversed = put(certificates.join(''), [...certificates].reverse().join(''))
    expect(() => authenticate(reversed)).toThrow(code)
    expect(() => authenticate(put(certificates[0] ?? '', ''))).toThrow(code)
    expect(() => authenticate(put(certificates.join(''), ''))).toThrow(code)
  })
})

function attributes(name: string, count: number): string {
  return Array.from({ length: count }, (_, at) => `${name}${at}="x"`).join(' ')
}

function referenceOf(count: number): string {
  const reference = /<ds:Reference .*<\/ds:Reference>/s.exec(document)?.[0] ?? ''
  return reference.repeat(count)
}

describe.skipIf(!HAS_VECTORS)(`NVIDIA’s manifests${WHERE}`, () => {
  test.each([
    ['1010_0200_882_96005E0001_PROD.swidtag', 'GH100', '96.00.5E.00.01', 12],
    ['1010_0200_882_96005E0001_test_no_gpu.swidtag', 'GH100', '96.00.5E.00.01', 12],
    ['1010_0210_886_9600740011_PROD.swidtag', 'GH100', '96.00.74.00.11', 12],
    ['Driver_RIM_test_no_gpu.swidtag', 'GH100', '545.00', 21],
    ['NV_GPU_DRIVER_GH100_550.144.03.xml', 'GH100', '550.144.03', 21],
    ['switchVBIOSRim_NV_SWITCH_BIOS_5612_0002_890_9610550001.xml', 'LS10', '96.10.55.00.01', 31]
  ])('%s is authentic', (name, product, version, active) => {
    const { measurements, ...found } = authenticateRim(readRim(name), [NVIDIA_RIM_ROOT])
    expect([found.product, found.version, measurements.size]).toEqual([product, version, active])
  })

  test.each([
    ['NV_GPU_DRIVER_GH100_535.86.09_measurement_mismatch.xml', 'RIM_SIGNATURE_INVALID'],
    ['incorrect_signature_driver_rim.xml', 'RIM_SIGNATURE_INVALID'],
    ['incorrect_cert_chain_driver_rim.xml', 'RIM_CHAIN_INVALID']
  ])('%s is refused: %s', (name, code) => {
    expect(() => authenticateRim(readRim(name), [NVIDIA_RIM_ROOT])).toThrow(expect.objectContaining({ code }))
  })

  test('are not authentic under the wrong root', () => {
    const pem = Buffer.from(readNvidia('roots/wrong-rim-root.crt'))
    const der = pem.includes('BEGIN') ? Buffer.from(pem.toString().replace(/-----.*?-----|\s/g, ''), 'base64') : pem
    expect(() => authenticateRim(readRim('Driver_RIM_test_no_gpu.swidtag'), [der])).toThrow(
      expect.objectContaining({ code: 'RIM_CHAIN_INVALID' })
    )
  })
})
