using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>
/// A held vector in the shortest form that the other side can resolve: [0, hash] | [1, base hash, changed logs, [gone logs]] |
/// [2, vector], or [3]: "yours could not be resolved, send it whole" (format-1 §13: hash, or delta, or all).
/// </summary>
public sealed record VectorMessage(VectorForm Form, Id32 Hash, VersionVector? Vector, IReadOnlyList<LogId> Gone)
{
    public static VectorMessage Request { get; } = new(VectorForm.Request, default, null, []);

    public static VectorMessage Same(VersionVector vector) => new(VectorForm.Hash, VectorHash.Of(vector), null, []);

    public static VectorMessage Whole(VersionVector vector) => new(VectorForm.Whole, default, vector, []);

    /// <summary>The change from <paramref name="known"/>, which the other side has too; just the hash when nothing changed.</summary>
    public static VectorMessage Delta(VersionVector known, VersionVector vector)
    {
        var changed = new VersionVector();
        foreach (var (log, tips) in vector.Logs)
        {
            if (!known[log].SequenceEqual(tips)) changed.Set(log, tips);
        }

        LogId[] gone = [.. known.Logs.Select(l => l.Key).Where(l => vector[l].Count == 0)];
        return changed.Count == 0 && gone.Length == 0 ? Same(vector) : new(VectorForm.Delta, VectorHash.Of(known), changed, gone);
    }

    /// <summary>The vector that is meant, or null when it stands on none of the <paramref name="known"/> ones.</summary>
    public VersionVector? Resolve(IEnumerable<VersionVector?> known)
    {
        if (Form == VectorForm.Whole) return Vector;
        if (Form == VectorForm.Request) return null;
        var found = known.FirstOrDefault(v => v is not null && VectorHash.Of(v) == Hash);
        if (found is null || Form == VectorForm.Hash) return found;
        var vector = found.Clone();
        foreach (var log in Gone) vector.Set(log, []);
        foreach (var (log, tips) in Vector!.Logs) vector.Set(log, tips);
        return vector;
    }

    public byte[] Encode()
    {
        var writer = new CborWriter(64 + ((Vector?.Count ?? 0) * 64));
        Write(writer);
        return writer.ToArray();
    }

    public static VectorMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        var message = Read(ref reader);
        reader.Finish();
        return message;
    }

    public void Write(CborWriter writer)
    {
        writer.WriteArray(Form switch { VectorForm.Request => 1, VectorForm.Delta => 4, _ => 2 });
        writer.WriteUInt((ulong)Form);
        if (Form is VectorForm.Hash or VectorForm.Delta) writer.WriteId(Hash);
        Vector?.Write(writer);
        if (Form != VectorForm.Delta) return;
        writer.WriteArray(Gone.Count);
        foreach (var log in Gone) writer.WriteId(log);
    }

    public static VectorMessage Read(ref CborReader reader)
    {
        int count = reader.ReadArray(4);
        switch ((reader.ReadUInt(3), count))
        {
            case (0, 2): return new(VectorForm.Hash, reader.ReadId32(), null, []);
            case (2, 2): return new(VectorForm.Whole, default, VersionVector.Read(ref reader), []);
            case (3, 1): return Request;
            case (1, 4):
                var hash = reader.ReadId32();
                var changed = VersionVector.Read(ref reader);
                var gone = new LogId[reader.ReadArray(VersionVector.MaxLogs)];
                for (int i = 0; i < gone.Length; i++) gone[i] = reader.ReadId16();
                return new(VectorForm.Delta, hash, changed, gone);
            default: throw new VaultFormatException("A vector has an unknown form.");
        }
    }
}

/// <summary>See <see cref="VectorMessage"/>.</summary>
public enum VectorForm
{
    Hash = 0,
    Delta = 1,
    Whole = 2,
    Request = 3,
}
