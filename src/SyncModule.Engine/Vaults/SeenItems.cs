using System.Buffers.Binary;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Proves that an item was never written: a Bloom filter over the tags of all rows, begun with an empty table (an index that is made anew, a
/// new replica). Tags are keyed MACs, so nobody can choose one that collides. Layers grow by four; beyond the last it gives up.
/// One thread adds; others may ask, and a proof holds for what was added before they began to look (see <see cref="IsClosed"/>).
/// </summary>
internal sealed class SeenItems
{
    private const int Probes = 6, BitsPerItem = 10;
    private const int FirstLayer = 64 << 10, LayerGrowth = 4, MostLayers = 4;

    private volatile ulong[][] _layers = [NewLayer(FirstLayer)];
    private volatile bool _closed;
    private int _room = FirstLayer, _size = FirstLayer;

    /// <summary>True from the moment when rows may be written that are not added here. Whoever relies on a proof looks at this after it took its view of the rows.</summary>
    public bool IsClosed => _closed;

    public void Close() => _closed = true;

    public void Add(Id16 tag)
    {
        if (_closed) return;
        if (_room == 0 && !Grow()) return;
        var (first, step) = HashesOf(tag);
        var layer = _layers[^1];
        ulong mask = ((ulong)layer.Length * 64) - 1;
        bool isNew = false;
        for (int i = 0; i < Probes; i++)
        {
            ulong bit = (first + ((ulong)i * step)) & mask;
            ref ulong word = ref layer[bit >> 6];
            ulong set = word | (1UL << (int)(bit & 63));
            isNew |= set != word;
            word = set;
        }

        if (isNew) _room--;
    }

    /// <summary>False: no row has this tag. True: one may.</summary>
    public bool MayHold(Id16 tag)
    {
        var (first, step) = HashesOf(tag);
        foreach (var layer in _layers)
        {
            ulong mask = ((ulong)layer.Length * 64) - 1;
            int i = 0;
            for (; i < Probes; i++)
            {
                ulong bit = (first + ((ulong)i * step)) & mask;
                if ((layer[bit >> 6] & (1UL << (int)(bit & 63))) == 0) break;
            }

            if (i == Probes) return true;
        }

        return false;
    }

    private bool Grow()
    {
        if (_layers.Length == MostLayers)
        {
            Close();
            return false;
        }

        _size *= LayerGrowth;
        _room = _size;
        _layers = [.. _layers, NewLayer(_size)];
        return true;
    }

    private static ulong[] NewLayer(int items) => new ulong[System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)items * BitsPerItem) / 64];

    private static (ulong First, ulong Step) HashesOf(Id16 tag)
    {
        Span<byte> bytes = stackalloc byte[Id16.Size];
        tag.CopyTo(bytes);
        return (BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) | 1);
    }
}
