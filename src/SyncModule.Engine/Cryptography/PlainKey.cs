using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>The key that an object has in one epoch if it is stored uncompressed: HMAC(X(ES,"object"), P) with codec 0 in P (format-1 §5). A secret, like every object key.</summary>
internal readonly record struct PlainKey(Id32 Value, EpochId Epoch)
{
    public override string ToString() => "PlainKey";
}

/// <summary>Computes plain keys without a copy of the plaintext. One thread at a time.</summary>
internal sealed unsafe class PlainKeyMaker(EpochKeys keys) : IDisposable
{
    private const int HeaderSize = SealedObjects.HeadSize;
    private const int Zeros = 4096;

    private readonly IncrementalHash _mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.ObjectKey.Span);
    private readonly HmacLanes _lanes = new(keys.ObjectKey.Span);
    private readonly byte[] _zeros = new byte[Zeros];

    /// <summary>The epoch whose keys these are.</summary>
    public EpochId Epoch => keys.EpochId;

    /// <summary>The key of this plaintext as an object of this kind.</summary>
    public PlainKey Of(ObjectKind kind, ReadOnlySpan<byte> plain)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        SealedObjects.WritePlainHead(header, kind, plain.Length);
        _mac.AppendData(header);
        _mac.AppendData(plain);
        for (int padding = SealedObjects.PlainPadding(plain.Length); padding > 0; padding -= Zeros) _mac.AppendData(_zeros.AsSpan(0, Math.Min(padding, Zeros)));
        Span<byte> key = stackalloc byte[SecretKey.Size];
        _mac.GetHashAndReset(key);
        return new(new Id32(key), keys.EpochId);
    }

    /// <summary>The values of the keys of many plaintexts of one kind, sixteen at a time where that is faster.</summary>
    public void Of(ObjectKind kind, ReadOnlySpan<byte> buffer, ReadOnlySpan<LaneMessage> plains, Span<Id32> values)
    {
        Span<int> order = stackalloc int[Math.Min(plains.Length, LanePlan.AtOnce)];
        Span<byte> headers = stackalloc byte[order.Length * HeaderSize];
        Span<LaneParts> parts = stackalloc LaneParts[order.Length];
        fixed (byte* bytes = buffer, heads = headers)
        {
            for (int start = 0; start < plains.Length; start += LanePlan.AtOnce)
            {
                var some = plains.Slice(start, Math.Min(LanePlan.AtOnce, plains.Length - start));
                var their = values.Slice(start, some.Length);
                for (int i = 0; i < some.Length; i++)
                {
                    _ = buffer.Slice(some[i].Offset, some[i].Length); // bounds
                    SealedObjects.WritePlainHead(headers.Slice(i * HeaderSize, HeaderSize), kind, some[i].Length);
                    parts[i] = new(heads + (i * HeaderSize), HeaderSize, bytes + some[i].Offset, some[i].Length, SealedObjects.PlainPadding(some[i].Length));
                }

                int alone = LanePlan.Make(parts[..some.Length], order);
                foreach (int i in order[..alone]) their[i] = Of(kind, buffer.Slice(some[i].Offset, some[i].Length)).Value;
                if (alone < some.Length) _lanes.Together(parts[..some.Length], order[alone..some.Length], their);
            }
        }
    }

    public void Dispose()
    {
        _mac.Dispose();
        _lanes.Dispose();
    }
}
