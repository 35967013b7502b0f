using System.Security.Cryptography;

namespace SyncModule.Engine.Cryptography;

/// <summary>Where keys, ids and salts come from. Seeded sources live in the simulation and in tests only (format-1 §0).</summary>
public interface IRandomSource
{
    /// <summary>Fills the span with bytes that nobody can predict.</summary>
    void Fill(Span<byte> destination);
}

/// <summary>The operating system's generator.</summary>
public sealed class SystemRandomSource : IRandomSource
{
    /// <summary>The one instance: it has no state.</summary>
    public static SystemRandomSource Instance { get; } = new();

    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
