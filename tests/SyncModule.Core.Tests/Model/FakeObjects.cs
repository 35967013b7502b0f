using System.Buffers.Binary;
using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Model;

/// <summary>Stands in for the store of sealed objects: keeps manifests' plaintext by its hash.</summary>
internal sealed class FakeObjects
{
    private readonly Dictionary<ObjectAddress, byte[]> _plaintexts = [];

    /// <summary>Manifests in the order in which they were sealed.</summary>
    public List<ObjectReference> Sealed { get; } = [];

    /// <summary>A reference that is told apart by its number.</summary>
    public static ObjectReference Chunk(int number, int length)
    {
        Span<byte> bytes = stackalloc byte[Id32.Size];
        BinaryPrimitives.WriteInt32BigEndian(bytes[28..], number);
        var address = new Id32(bytes);
        bytes[0] = 0xFF;
        return new ObjectReference(address, new Id32(bytes), ObjectKind.Chunk, length);
    }

    public ObjectReference Seal(byte[] plaintext)
    {
        var address = new Id32(SHA256.HashData(plaintext));
        _plaintexts[address] = plaintext;
        var reference = new ObjectReference(address, address, ObjectKind.Manifest, plaintext.Length);
        Sealed.Add(reference);
        return reference;
    }

    public byte[] Open(ObjectReference reference) => _plaintexts[reference.Address];
}
