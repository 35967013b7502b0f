namespace SyncModule.Core.Encoding;

/// <summary>
/// Every domain-separation label of format 1 (§0: L(s) = "syncmodule/1/" ‖ s ‖ 0x00), and none anywhere else. One string, one
/// property; where the specification gives one string to two constructions that cannot meet (a derived key and the associated data
/// or the id of the thing it seals) the property names both. The closing zero makes the set prefix-free.
/// </summary>
public static class Labels
{
    // Epoch secret (ES), §1
    public static ReadOnlySpan<byte> EpochId => "syncmodule/1/epoch/id\0"u8;

    public static ReadOnlySpan<byte> NetworkSecret => "syncmodule/1/epoch/net\0"u8;

    /// <summary>Key of object keys (§1) and start of the associated data of an object (§5).</summary>
    public static ReadOnlySpan<byte> Object => "syncmodule/1/object\0"u8;

    public static ReadOnlySpan<byte> BlockSiv => "syncmodule/1/block/siv\0"u8;

    public static ReadOnlySpan<byte> BlockKey => "syncmodule/1/block/key\0"u8;

    // Network secret (NS), §1
    public static ReadOnlySpan<byte> NoisePsk => "syncmodule/1/noise/psk\0"u8;

    public static ReadOnlySpan<byte> NoiseMac1 => "syncmodule/1/noise/mac1\0"u8;

    public static ReadOnlySpan<byte> Mdns => "syncmodule/1/mdns\0"u8;

    public static ReadOnlySpan<byte> HubEnvelope => "syncmodule/1/hub/envelope\0"u8;

    public static ReadOnlySpan<byte> HubNonce => "syncmodule/1/hub/nonce\0"u8;

    public static ReadOnlySpan<byte> HubSender => "syncmodule/1/hub/sender\0"u8;

    public static ReadOnlySpan<byte> HubCapability => "syncmodule/1/hub/cap\0"u8;

    // Genesis secrets, §1: these never rotate
    public static ReadOnlySpan<byte> MemberSiv => "syncmodule/1/member/siv\0"u8;

    public static ReadOnlySpan<byte> MemberKey => "syncmodule/1/member/key\0"u8;

    public static ReadOnlySpan<byte> Cdc => "syncmodule/1/cdc\0"u8;

    public static ReadOnlySpan<byte> Digest => "syncmodule/1/digest\0"u8;

    public static ReadOnlySpan<byte> CollectionTag => "syncmodule/1/collection/tag\0"u8;

    public static ReadOnlySpan<byte> Content => "syncmodule/1/content\0"u8;

    // Local secrets (LMK, IK, KEK), §1 and §11

    /// <summary>Key of the ring's box and start of its associated data (§11).</summary>
    public static ReadOnlySpan<byte> Ring => "syncmodule/1/ring\0"u8;

    public static ReadOnlySpan<byte> IndexTag => "syncmodule/1/index/tag\0"u8;

    public static ReadOnlySpan<byte> IndexDedup => "syncmodule/1/index/dedup\0"u8;

    public static ReadOnlySpan<byte> IndexSiv => "syncmodule/1/index/siv\0"u8;

    public static ReadOnlySpan<byte> IndexKey => "syncmodule/1/index/key\0"u8;

    public static ReadOnlySpan<byte> LocalSiv => "syncmodule/1/local/siv\0"u8;

    public static ReadOnlySpan<byte> LocalKey => "syncmodule/1/local/key\0"u8;

    public static ReadOnlySpan<byte> SlotWrap => "syncmodule/1/slot/wrap\0"u8;

    public static ReadOnlySpan<byte> SlotCommit => "syncmodule/1/slot/commit\0"u8;

    /// <summary>Checksum of a key file's text.</summary>
    public static ReadOnlySpan<byte> KeyFile => "syncmodule/1/keyfile\0"u8;

    // Invites, §1 and §14
    public static ReadOnlySpan<byte> Invite => "syncmodule/1/invite\0"u8;

    public static ReadOnlySpan<byte> InvitePsk => "syncmodule/1/invite/psk\0"u8;

    public static ReadOnlySpan<byte> InviteMac1 => "syncmodule/1/invite/mac1\0"u8;

    public static ReadOnlySpan<byte> InviteMailbox => "syncmodule/1/invite/mailbox\0"u8;

    public static ReadOnlySpan<byte> InviteBlob => "syncmodule/1/invite/blob\0"u8;

    /// <summary>Checksum of an invite's text.</summary>
    public static ReadOnlySpan<byte> InviteText => "syncmodule/1/invite/text\0"u8;

    // Hashes and signatures, §2 to §14
    public static ReadOnlySpan<byte> Device => "syncmodule/1/device\0"u8;

    public static ReadOnlySpan<byte> Genesis => "syncmodule/1/genesis\0"u8;

    public static ReadOnlySpan<byte> Commit => "syncmodule/1/commit\0"u8;

    public static ReadOnlySpan<byte> CommitSignature => "syncmodule/1/commit-sig\0"u8;

    /// <summary>Block id and start of a block's associated data (§3).</summary>
    public static ReadOnlySpan<byte> Block => "syncmodule/1/block\0"u8;

    public static ReadOnlySpan<byte> Version => "syncmodule/1/version\0"u8;

    public static ReadOnlySpan<byte> MergeRecord => "syncmodule/1/mr\0"u8;

    public static ReadOnlySpan<byte> Ack => "syncmodule/1/ack\0"u8;

    /// <summary>HPKE info of a wrapped epoch secret (§10).</summary>
    public static ReadOnlySpan<byte> EpochWrap => "syncmodule/1/epoch\0"u8;

    /// <summary>Hash of a network secret in a rotation (§10).</summary>
    public static ReadOnlySpan<byte> NetworkSecretHash => "syncmodule/1/net\0"u8;

    /// <summary>Start of the handshake's prologue (§13).</summary>
    public static ReadOnlySpan<byte> Noise => "syncmodule/1/noise\0"u8;

    /// <summary>Hub group id (§14).</summary>
    public static ReadOnlySpan<byte> HubGroup => "syncmodule/1/group\0"u8;

    /// <summary>Hash of a vector, compared before the vector itself is sent (§13).</summary>
    public static ReadOnlySpan<byte> Vector => "syncmodule/1/vector\0"u8;

    /// <summary>Hash of a range of addresses (§13, RANGE).</summary>
    public static ReadOnlySpan<byte> Range => "syncmodule/1/range\0"u8;

    /// <summary>Hash of a list of heads in an acknowledgement (§13).</summary>
    public static ReadOnlySpan<byte> Heads => "syncmodule/1/heads\0"u8;
}
