namespace SyncModule.Core.Protocol;

/// <summary>Every number of the protocol that is not in a shape. All sizes are bytes, all times milliseconds.</summary>
public static class SessionLimits
{
    /// <summary>The protocol version that this code speaks.</summary>
    public const ulong Version = 1;

    public const int FrameHeader = 5;
    public const int MaxData = 17 << 20;
    public const int MaxCommits = 8 << 20;
    public const int MaxList = 4 << 20;
    public const int MaxHello = 16 << 10;
    public const int MaxOther = 64 << 10;

    /// <summary>msg3 holds at most 16 KiB with the certificate in it; HELLO ‖ VECTOR stay well below.</summary>
    public const int MaxEarly = 12 << 10;

    /// <summary>An object that a commit names is pushed behind it up to this size.</summary>
    public const int SmallObject = 64 << 10;

    /// <summary>Largest sealed object: 15 MiB of data, its head, PADMÉ (at most 1/64 there) and the tag.</summary>
    public const int MaxSealed = 16 << 20;

    /// <summary>A COMMITS or DATA frame is closed when it has reached this size.</summary>
    public const int BulkFrame = 256 << 10;

    /// <summary>A DATA frame of objects that are at hand as whole batches is closed before it passes this size, unless one object alone does.</summary>
    public const int ObjectsFrame = 1 << 20;

    /// <summary>Addresses of objects that a peer sent and that are remembered, so that they are not offered to it.</summary>
    public const int MaxPeerObjects = 1 << 16;

    /// <summary>Bulk that one Writable event hands out, about.</summary>
    public const int BulkPerTurn = 1 << 20;

    /// <summary>Most bytes in one StoreCommits, unless one commit alone is larger.</summary>
    public const int StoreBatch = 4 << 20;

    /// <summary>Bytes of COMMITS and DATA that may be under way before the receiver has made any durable.</summary>
    public const long InitialCredit = 16 << 20;

    /// <summary>Credit is given back in steps of at least this, so that it can always grow to a whole frame again.</summary>
    public const long CreditStep = 256 << 10;

    public const int WantAddresses = 2_048;
    public const int WantFrames = 2;

    /// <summary>Below this many wanted objects a receiver waits for the peer's last commit: what it would ask for may be right behind.</summary>
    public const int EagerWant = 256;

    /// <summary>Addresses that the peer was asked for and lacks; beyond that nothing more is asked in this session.</summary>
    public const int MaxLacking = 1 << 18;

    /// <summary>Membership commits that are taken from a device that is no member (format-1 §13).</summary>
    public const int StrangerCommits = 4_096;
    public const long StrangerBytes = 4 << 20;

    /// <summary>Rounds of phase M before the membership counts as one that this version cannot fold.</summary>
    public const int MemberRounds = 4;

    /// <summary>Ancestors of an unknown tip that one FORK asks for, at first and at most.</summary>
    public const int ForkFirst = 64;
    public const int ForkMost = 4_096;

    public const int RangePage = 8_192;

    /// <summary>A session that follows compares the states of both ends when nothing has changed for this long, in milliseconds.</summary>
    public const long CompareAfter = 10_000;

    public const long PingAfter = 15_000;
    public const long DeadAfter = 45_000;
}
