import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AnchoredHead as _bombyx_v1_AnchoredHead, AnchoredHead__Output as _bombyx_v1_AnchoredHead__Output } from './bombyx/v1/AnchoredHead.ts';
import type { AppendRequest as _bombyx_v1_AppendRequest, AppendRequest__Output as _bombyx_v1_AppendRequest__Output } from './bombyx/v1/AppendRequest.ts';
import type { AppendResponse as _bombyx_v1_AppendResponse, AppendResponse__Output as _bombyx_v1_AppendResponse__Output } from './bombyx/v1/AppendResponse.ts';
import type { BlobsClient as _bombyx_v1_BlobsClient, BlobsDefinition as _bombyx_v1_BlobsDefinition } from './bombyx/v1/Blobs.ts';
import type { GetAnchorRequest as _bombyx_v1_GetAnchorRequest, GetAnchorRequest__Output as _bombyx_v1_GetAnchorRequest__Output } from './bombyx/v1/GetAnchorRequest.ts';
import type { GetAnchorResponse as _bombyx_v1_GetAnchorResponse, GetAnchorResponse__Output as _bombyx_v1_GetAnchorResponse__Output } from './bombyx/v1/GetAnchorResponse.ts';
import type { GetBlobRequest as _bombyx_v1_GetBlobRequest, GetBlobRequest__Output as _bombyx_v1_GetBlobRequest__Output } from './bombyx/v1/GetBlobRequest.ts';
import type { GetBlobResponse as _bombyx_v1_GetBlobResponse, GetBlobResponse__Output as _bombyx_v1_GetBlobResponse__Output } from './bombyx/v1/GetBlobResponse.ts';
import type { GetCheckpointRequest as _bombyx_v1_GetCheckpointRequest, GetCheckpointRequest__Output as _bombyx_v1_GetCheckpointRequest__Output } from './bombyx/v1/GetCheckpointRequest.ts';
import type { GetCheckpointResponse as _bombyx_v1_GetCheckpointResponse, GetCheckpointResponse__Output as _bombyx_v1_GetCheckpointResponse__Output } from './bombyx/v1/GetCheckpointResponse.ts';
import type { GetConsistencyRequest as _bombyx_v1_GetConsistencyRequest, GetConsistencyRequest__Output as _bombyx_v1_GetConsistencyRequest__Output } from './bombyx/v1/GetConsistencyRequest.ts';
import type { GetConsistencyResponse as _bombyx_v1_GetConsistencyResponse, GetConsistencyResponse__Output as _bombyx_v1_GetConsistencyResponse__Output } from './bombyx/v1/GetConsistencyResponse.ts';
import type { GetProofRequest as _bombyx_v1_GetProofRequest, GetProofRequest__Output as _bombyx_v1_GetProofRequest__Output } from './bombyx/v1/GetProofRequest.ts';
import type { GetProofResponse as _bombyx_v1_GetProofResponse, GetProofResponse__Output as _bombyx_v1_GetProofResponse__Output } from './bombyx/v1/GetProofResponse.ts';
import type { LogClient as _bombyx_v1_LogClient, LogDefinition as _bombyx_v1_LogDefinition } from './bombyx/v1/Log.ts';
import type { LogEntry as _bombyx_v1_LogEntry, LogEntry__Output as _bombyx_v1_LogEntry__Output } from './bombyx/v1/LogEntry.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bombyx: {
    v1: {
      AnchoredHead: MessageTypeDefinition<_bombyx_v1_AnchoredHead, _bombyx_v1_AnchoredHead__Output>
      AppendRequest: MessageTypeDefinition<_bombyx_v1_AppendRequest, _bombyx_v1_AppendRequest__Output>
      AppendResponse: MessageTypeDefinition<_bombyx_v1_AppendResponse, _bombyx_v1_AppendResponse__Output>
      /**
       * Evidence bundles, collateral and policies by their digest. Whoever asks compares the digest, so any server will do.
       */
      Blobs: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_BlobsClient> & { service: _bombyx_v1_BlobsDefinition }
      GetAnchorRequest: MessageTypeDefinition<_bombyx_v1_GetAnchorRequest, _bombyx_v1_GetAnchorRequest__Output>
      GetAnchorResponse: MessageTypeDefinition<_bombyx_v1_GetAnchorResponse, _bombyx_v1_GetAnchorResponse__Output>
      GetBlobRequest: MessageTypeDefinition<_bombyx_v1_GetBlobRequest, _bombyx_v1_GetBlobRequest__Output>
      GetBlobResponse: MessageTypeDefinition<_bombyx_v1_GetBlobResponse, _bombyx_v1_GetBlobResponse__Output>
      GetCheckpointRequest: MessageTypeDefinition<_bombyx_v1_GetCheckpointRequest, _bombyx_v1_GetCheckpointRequest__Output>
      GetCheckpointResponse: MessageTypeDefinition<_bombyx_v1_GetCheckpointResponse, _bombyx_v1_GetCheckpointResponse__Output>
      GetConsistencyRequest: MessageTypeDefinition<_bombyx_v1_GetConsistencyRequest, _bombyx_v1_GetConsistencyRequest__Output>
      GetConsistencyResponse: MessageTypeDefinition<_bombyx_v1_GetConsistencyResponse, _bombyx_v1_GetConsistencyResponse__Output>
      GetProofRequest: MessageTypeDefinition<_bombyx_v1_GetProofRequest, _bombyx_v1_GetProofRequest__Output>
      GetProofResponse: MessageTypeDefinition<_bombyx_v1_GetProofResponse, _bombyx_v1_GetProofResponse__Output>
      /**
       * The transparency log's side that writers and services talk to. Strangers read it over HTTP, as C2SP tlog-tiles says.
       */
      Log: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_LogClient> & { service: _bombyx_v1_LogDefinition }
      LogEntry: MessageTypeDefinition<_bombyx_v1_LogEntry, _bombyx_v1_LogEntry__Output>
    }
  }
}

