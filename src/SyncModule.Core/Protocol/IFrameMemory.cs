namespace SyncModule.Core.Protocol;

/// <summary>Where the bodies of DATA frames go. One thread rents; memory is given back from any.</summary>
public interface IFrameMemory
{
    /// <summary>
    /// Room for a body of exactly <paramref name="length"/> bytes, or null where there is none: the reader then takes memory of its own as
    /// bytes come. The length is what the peer says, so a room must cost nothing before it is written to.
    /// </summary>
    FrameRoom? Rent(int length);
}

/// <summary>Memory for one body; <paramref name="Release"/> is called once.</summary>
public readonly record struct FrameRoom(Memory<byte> Memory, Action Release);
