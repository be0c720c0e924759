import 'reflect-metadata'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'

export interface TlsTestFiles {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** PEM files of a self-signed certificate for 127.0.0.1 and localhost, in `folder`; it is its own CA. */
export async function createTlsFiles(folder: string): Promise<TlsTestFiles> {
  x509.cryptoProvider.set(crypto)
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=localhost',
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' }
      ])
    ]
  })
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey)
  const key = x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')
  const paths = { ca: join(folder, 'cert.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  await writeFile(paths.cert, certificate.toString('pem'))
  await writeFile(paths.key, key, { mode: 0o600 })
  return paths
}
