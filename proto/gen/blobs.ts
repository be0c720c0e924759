import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { BlobsClient as _bombyx_v1_BlobsClient, BlobsDefinition as _bombyx_v1_BlobsDefinition } from './bombyx/v1/Blobs.ts';
import type { GetBlobRequest as _bombyx_v1_GetBlobRequest, GetBlobRequest__Output as _bombyx_v1_GetBlobRequest__Output } from './bombyx/v1/GetBlobRequest.ts';
import type { GetBlobResponse as _bombyx_v1_GetBlobResponse, GetBlobResponse__Output as _bombyx_v1_GetBlobResponse__Output } from './bombyx/v1/GetBlobResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bombyx: {
    v1: {
      /**
       * Evidence bundles, collateral and policies by their digest. Whoever asks compares the digest, so any server will do.
       */
      Blobs: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_BlobsClient> & { service: _bombyx_v1_BlobsDefinition }
      GetBlobRequest: MessageTypeDefinition<_bombyx_v1_GetBlobRequest, _bombyx_v1_GetBlobRequest__Output>
      GetBlobResponse: MessageTypeDefinition<_bombyx_v1_GetBlobResponse, _bombyx_v1_GetBlobResponse__Output>
    }
  }
}

