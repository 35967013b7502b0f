using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>Open: the versions still compete and the record may change. Settled: one operation replaced them; it stands for ever.</summary>
public enum MergeState : byte
{
    Settled = 0,
    Open = 1,
}

/// <summary>By which rule the winner was found.</summary>
public enum MergeRule : byte
{
    /// <summary>The view's order among present heads.</summary>
    LastWriterWins = 0,

    /// <summary>A put or delete whose author had seen several versions replaced them all.</summary>
    Superseded = 1,

    /// <summary>A resolve operation.</summary>
    Resolved = 2,

    /// <summary>The policy: the least of the present heads shows.</summary>
    FirstWriterWins = 3,

    /// <summary>The policy: heads of the authority stand before others.</summary>
    Authority = 4,

    /// <summary>The policy: fields of several versions stand together, and none of them lost.</summary>
    FieldMerge = 5,

    /// <summary>The policy: a person has to decide.</summary>
    Manual = 6,
}

/// <summary>What decided. A code and not words, so that wording can improve without two releases disagreeing about bytes.</summary>
public enum MergeReason : byte
{
    WrittenLater = 0,
    GreaterDevice = 1,
    GreaterCommit = 2,
    LaterInCommit = 3,
    SawAll = 4,
    ChosenByPerson = 5,
    WrittenFirst = 6,
    LesserDevice = 7,
    LesserCommit = 8,
    EarlierInCommit = 9,
    OfAuthority = 10,
    DifferentFields = 11,
    WaitsForPerson = 12,
}

/// <summary>Who decided.</summary>
public enum MergeAuthor : byte
{
    Automatic = 0,
    Person = 1,
    Authority = 2,
}

/// <summary>A version as a record names it. <see cref="Size"/> is in plain bytes; not alive = a deletion.</summary>
public sealed record MergeVersion(Dot Dot, HybridTimestamp Timestamp, DeviceId Device, long Size, OperationKind Kind, bool Alive)
{
    internal static MergeVersion Of(Head head) => new(head.Dot, head.Timestamp, head.Device, head.Size, head.Kind, head.Alive);

    internal void Write(CborWriter writer)
    {
        writer.WriteArray(6);
        Dot.Write(writer);
        writer.WriteUInt(Timestamp.Value);
        writer.WriteId(Device);
        writer.WriteUInt((ulong)Size);
        writer.WriteUInt((ulong)Kind);
        writer.WriteUInt(Alive ? 1u : 0u);
    }

    internal static MergeVersion Read(ref CborReader reader)
    {
        reader.ReadArrayOf(6);
        return new(
            Dot.Read(ref reader),
            new(reader.ReadUInt(HybridTimestamp.Limit - 1)),
            reader.ReadId32(),
            (long)reader.ReadUInt(Manifest.MaxTotalLength),
            (OperationKind)reader.ReadUInt((ulong)OperationKind.Checkpoint),
            reader.ReadUInt(1) == 1);
    }
}

/// <summary>Which version a field of an item shows; the path is a JSON pointer.</summary>
public sealed record MergedField(string Path, Dot Dot);

/// <summary>
/// What was decided about versions of one cell, and why (format-1 §7). A function of the counting operations alone: replicas with
/// equal logs compute equal bytes, and nothing is ever written into a log for it.
/// </summary>
/// <param name="Id">Settled: H(L("mr") ‖ [collection, key, path, [dot of the deciding operation]]). Open: the same over the dots of all heads.</param>
/// <param name="Heads">The versions that competed, at least two, ascending by dot.</param>
/// <param name="Decision">The operation that replaced them; null while the record is open.</param>
/// <param name="Winner">A dot of <paramref name="Heads"/>, or that of <paramref name="Decision"/> where it brought something new.</param>
/// <param name="Losers">Heads that say something else than the winner, ascending. A head equal to the winner lost nothing.</param>
/// <param name="Reason">Why the winner stands; for an open record, why it stands before the greatest loser.</param>
public sealed record MergeRecord(
    Id32 Id,
    MergeState State,
    string Collection,
    string Key,
    string Path,
    IReadOnlyList<MergeVersion> Heads,
    MergeVersion? Decision,
    Dot Winner,
    IReadOnlyList<Dot> Losers,
    MergeRule Rule,
    MergeReason Reason,
    MergeAuthor By) : IComparable<MergeRecord>
{
    private const int FormatVersion = 1;

    /// <summary>Of rule <see cref="MergeRule.FieldMerge"/> alone: the fields and whose they are, ascending by path; else empty.</summary>
    public IReadOnlyList<MergedField> Fields { get; init; } = [];

    /// <summary>True when a person has to decide.</summary>
    public bool IsWaiting => State == MergeState.Open && Rule == MergeRule.Manual;

    /// <summary>When it was decided: the deciding operation's time, or that of the latest version that competes.</summary>
    public HybridTimestamp Timestamp => Decision?.Timestamp ?? Heads.Max(h => h.Timestamp);

    /// <summary>The order of a list of records: (ts, id).</summary>
    public int CompareTo(MergeRecord? other)
    {
        if (other is null) return 1;
        int c = Timestamp.CompareTo(other.Timestamp);
        return c != 0 ? c : Id.CompareTo(other.Id);
    }

    /// <summary>[1, id, state, collection, key, path, [version…], decision or null, winner, [loser…], rule, reason, by], and of rule FieldMerge [[path, dot]…] behind</summary>
    public void Write(CborWriter writer)
    {
        writer.WriteArray(Rule == MergeRule.FieldMerge ? 14 : 13);
        writer.WriteUInt(FormatVersion);
        writer.WriteId(Id);
        writer.WriteUInt((ulong)State);
        writer.WriteText(Collection);
        writer.WriteText(Key);
        writer.WriteText(Path);
        writer.WriteArray(Heads.Count);
        foreach (var head in Heads) head.Write(writer);
        if (Decision is null) writer.WriteNull();
        else Decision.Write(writer);
        Winner.Write(writer);
        writer.WriteArray(Losers.Count);
        foreach (var loser in Losers) loser.Write(writer);
        writer.WriteUInt((ulong)Rule);
        writer.WriteUInt((ulong)Reason);
        writer.WriteUInt((ulong)By);
        if (Rule != MergeRule.FieldMerge) return;
        writer.WriteArray(Fields.Count);
        foreach (var field in Fields)
        {
            writer.WriteArray(2);
            writer.WriteText(field.Path);
            field.Dot.Write(writer);
        }
    }

    public static MergeRecord Read(ref CborReader reader)
    {
        int parts = reader.ReadArray(14);
        if (reader.ReadUInt() != FormatVersion) throw new VaultFormatException("The merge record's format is unknown.");
        var id = reader.ReadId32();
        var state = (MergeState)reader.ReadUInt((ulong)MergeState.Open);
        string collection = reader.ReadText(Operation.MaxNameBytes);
        string key = reader.ReadText(Operation.MaxNameBytes);
        string path = reader.ReadText(Operation.MaxNameBytes);
        var heads = new MergeVersion[reader.ReadArray(int.MaxValue)];
        for (int i = 0; i < heads.Length; i++)
        {
            heads[i] = MergeVersion.Read(ref reader);
            if (i > 0 && heads[i].Dot.CompareTo(heads[i - 1].Dot) <= 0) throw new VaultFormatException("A merge record's versions are not in order.");
        }

        var decision = reader.TryReadNull() ? null : MergeVersion.Read(ref reader);
        var winner = Dot.Read(ref reader);
        var losers = new Dot[reader.ReadArray(int.MaxValue)];
        for (int i = 0; i < losers.Length; i++)
        {
            losers[i] = Dot.Read(ref reader);
            if (i > 0 && losers[i].CompareTo(losers[i - 1]) <= 0) throw new VaultFormatException("A merge record's losers are not in order.");
        }

        var rule = (MergeRule)reader.ReadUInt((ulong)MergeRule.Manual);
        var reason = (MergeReason)reader.ReadUInt((ulong)MergeReason.WaitsForPerson);
        var by = (MergeAuthor)reader.ReadUInt((ulong)MergeAuthor.Authority);
        if (parts != (rule == MergeRule.FieldMerge ? 14 : 13)) throw new VaultFormatException("A merge record has the wrong shape.");
        var record = new MergeRecord(id, state, collection, key, path, heads, decision, winner, losers, rule, reason, by) { Fields = parts == 14 ? ReadFields(ref reader) : [] };
        record.Check();
        return record;
    }

    /// <summary>The id of a record over these dots: the deciding one, or all that compete.</summary>
    internal static Id32 IdOf(string collection, string key, string path, IReadOnlyList<Dot> dots)
    {
        var writer = new CborWriter(256 + (dots.Count * 48));
        writer.WriteArray(4);
        writer.WriteText(collection);
        writer.WriteText(key);
        writer.WriteText(path);
        writer.WriteArray(dots.Count);
        foreach (var dot in dots) dot.Write(writer);
        return Digest.HashOf(Labels.MergeRecord, writer.Written);
    }

    private static MergedField[] ReadFields(ref CborReader reader)
    {
        var fields = new MergedField[reader.ReadArray(Operation.MaxCells)];
        for (int i = 0; i < fields.Length; i++)
        {
            reader.ReadArrayOf(2);
            fields[i] = new(reader.ReadText(Operation.MaxNameBytes), Dot.Read(ref reader));
            if (i > 0 && string.CompareOrdinal(fields[i].Path, fields[i - 1].Path) <= 0) throw new VaultFormatException("A merge record's fields are not in order.");
        }

        return fields;
    }

    private void Check()
    {
        if (Heads.Count < 2 || Decision is null != (State == MergeState.Open)) throw new VaultFormatException("A merge record does not fit its state.");
        Dot[] dots = [.. Heads.Select(h => h.Dot)];
        if (Id != IdOf(Collection, Key, Path, Decision is null ? dots : [Decision.Dot])) throw new VaultFormatException("A merge record has a wrong id.");
        if ((Winner != Decision?.Dot && !dots.Contains(Winner)) || Losers.Contains(Winner) || Losers.Except(dots).Any()) throw new VaultFormatException("A merge record names a version that did not compete.");
        if (Fields.Any(f => !dots.Contains(f.Dot)) || (State == MergeState.Settled && Rule is not (MergeRule.Superseded or MergeRule.Resolved))) throw new VaultFormatException("A merge record's rule does not fit.");
    }
}
