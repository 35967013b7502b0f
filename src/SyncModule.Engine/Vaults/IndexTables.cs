using System.Buffers.Binary;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>The tables of index.db. All of them can be made again from log and packs; rows that hold a name or a reference are sealed.</summary>
internal static class IndexTables
{
    /// <summary>"state" → <see cref="IndexState"/>; "cookie" → the folder's instance cookie.</summary>
    public const int Meta = 0;

    /// <summary>Commit id → <see cref="CommitRow"/>.</summary>
    public const int Commit = 1;

    /// <summary>log 16 ‖ sequence u64 ‖ commit id 32 → empty.</summary>
    public const int LogOrder = 2;

    /// <summary>u64, the order of applying → commit id.</summary>
    public const int ApplyOrder = 3;

    /// <summary>Item tag 16 → sealed <see cref="Core.Merging.StateRows"/> row.</summary>
    public const int Item = 4;

    /// <summary>Object address 32 → <see cref="ObjectLocation"/>.</summary>
    public const int Object = 5;

    /// <summary>Dedup tag 32 → sealed reference.</summary>
    public const int Dedup = 6;

    /// <summary>Object address 32 → sealed <see cref="WantedRow"/>: referenced and not here.</summary>
    public const int Wanted = 7;

    /// <summary>Item tag 16 ‖ ts u64 ‖ record id 32 → sealed settled merge record.</summary>
    public const int Record = 8;

    /// <summary>Item tag 16 → empty: items with an open merge record.</summary>
    public const int Open = 9;

    /// <summary>What is waited for 32 ‖ commit id 32 → empty (format-1 §6, the gate).</summary>
    public const int Waiting = 10;

    /// <summary>Pack name 16 → u64, its length: a closed pack that is listed whole.</summary>
    public const int PackMark = 11;

    /// <summary>u64, the order of arrival → id of a lane-1 commit, parents first.</summary>
    public const int Membership = 12;

    /// <summary>00 ‖ number u32 → device 32 ‖ log 16, and 01 ‖ device ‖ log → number: what item rows call the origin of a head.</summary>
    public const int Origin = 13;

    /// <summary>Item tag 16 of a collection's own state (its key is "") → empty.</summary>
    public const int Collection = 14;

    /// <summary>Commit id 32 ‖ index u32 of an operation that does not count, because somebody else owns the item → tag 16 of the item (format-1 §9).</summary>
    public const int Refused = 15;

    public static byte[] Number(ulong value)
    {
        var key = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(key, value);
        return key;
    }

    public static byte[] LogKey(LogId log, ulong sequence, CommitId id)
    {
        var key = new byte[56];
        log.CopyTo(key);
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(16), sequence);
        id.CopyTo(key.AsSpan(24));
        return key;
    }

    /// <summary>The first possible key of a log at or behind a sequence number.</summary>
    public static byte[] LogFrom(LogId log, ulong sequence) => LogKey(log, sequence, default);

    public static byte[] Pair(Id32 first, Id32 second)
    {
        var key = new byte[64];
        first.CopyTo(key);
        second.CopyTo(key.AsSpan(32));
        return key;
    }

    public static byte[] DotKey(Dot dot)
    {
        var key = new byte[36];
        dot.Commit.CopyTo(key);
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(32), dot.Index);
        return key;
    }

    public static Dot ReadDotKey(ReadOnlySpan<byte> key) => new(new(key[..Id32.Size]), BinaryPrimitives.ReadInt32BigEndian(key[Id32.Size..]));

    /// <summary>The key behind every key that starts with <paramref name="prefix"/>; null when there is none.</summary>
    public static byte[]? PrefixEnd(ReadOnlySpan<byte> prefix)
    {
        var end = prefix.ToArray();
        for (int i = end.Length - 1; i >= 0; i--)
        {
            if (++end[i] != 0) return end[..(i + 1)];
        }

        return null;
    }
}

/// <summary>The tables of local.db: not rebuildable, small. Rows that hold a name, path or address are sealed.</summary>
internal static class LocalTables
{
    /// <summary>"logs" → own log ids; "cookie" → the folder's instance cookie.</summary>
    public const int Meta = 0;

    /// <summary>Name tag → sealed peer.</summary>
    public const int Peer = 1;

    /// <summary>Path tag → sealed import base (format-1 §15).</summary>
    public const int ImportBase = 2;

    /// <summary>Own log id → the highest sequence written to it, noted when the folder was found to hold less (u64, big-endian, sealed).</summary>
    public const int HighestHead = 3;

    /// <summary>Device id → the vector last acknowledged by it, sealed.</summary>
    public const int Acknowledged = 4;

    /// <summary>Peer device id → the last session: id, when, whether it ended complete.</summary>
    public const int Session = 5;

    /// <summary>Segment ‖ offset ‖ length of damage in the log whose commits a repair has fetched again.</summary>
    public const int HealedDamage = 6;

    /// <summary>Device id → the transport, round trip and end of the last session with it.</summary>
    public const int Line = 7;

    /// <summary>Device id → the last signed acknowledgement of that device, sealed (format-1 §8).</summary>
    public const int Signed = 8;

    /// <summary>Peer device id → which signed acknowledgements it was given, sealed.</summary>
    public const int Told = 9;

    /// <summary>Item tag → the item's fields that stay on this device, sealed (docs/decisions/103).</summary>
    public const int Field = 10;

    /// <summary>Generation (u32) ‖ item tag → an item that was computed here, sealed (docs/decisions/125).</summary>
    public const int Derived = 11;

    /// <summary>Collection tag → which generation stands for a computed collection, and what it was made from, sealed.</summary>
    public const int DerivedHead = 12;

    /// <summary>Random → changes of such fields whose commit may not be in the log yet, sealed (<see cref="Vaults.FieldJournal"/>).</summary>
    public const int FieldJournal = 13;

    /// <summary>Tables whose rows are sealed: they name something, or verify would raise an alarm about what they say (docs/decisions/070).</summary>
    public static readonly byte[] Sealed = [Peer, ImportBase, HighestHead, Acknowledged, Signed, Told, Field, Derived, DerivedHead, FieldJournal];

    /// <summary>The vector of a row of <see cref="Acknowledged"/>; null when it is damaged: it says nothing then.</summary>
    public static VersionVector? Acknowledgement(RowSealer sealer, byte[] device, byte[] row)
    {
        try
        {
            var reader = new CborReader(sealer.Open(Acknowledged, device, row));
            var vector = VersionVector.Read(ref reader);
            reader.Finish();
            return vector;
        }
        catch (VaultFormatException)
        {
            return null;
        }
        catch (SyncException e) when (e.Kind == SyncErrors.LocalStateDamaged)
        {
            return null;
        }
    }
}
