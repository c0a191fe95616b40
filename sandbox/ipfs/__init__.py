"""An IPFS pinning service and gateway over a folder; CIDs are those of `ipfs add`."""
